/** The core of the registry. Append-only: released migrations are never edited. */
import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `CREATE TABLE user (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, handle TEXT NOT NULL UNIQUE, name TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT`,
  `CREATE TABLE instance (
    id INTEGER PRIMARY KEY CHECK (id = 1), uid TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    keep_artifacts_local INTEGER NOT NULL DEFAULT 0 CHECK (keep_artifacts_local IN (0, 1)),
    default_storage_id INTEGER REFERENCES storage (id),
    created_by_id INTEGER NOT NULL REFERENCES user (id), created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT`,
  `CREATE TABLE transform (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, stem_uid TEXT NOT NULL, key TEXT, description TEXT,
    kind TEXT NOT NULL, source_code TEXT, hash TEXT, is_latest INTEGER NOT NULL, version TEXT,
    created_by_id INTEGER NOT NULL REFERENCES user (id), created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT`,
  `CREATE UNIQUE INDEX transform_latest ON transform (stem_uid) WHERE is_latest = 1`,
  `CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE,
    transform_id INTEGER NOT NULL REFERENCES transform (id), started_at TEXT NOT NULL, finished_at TEXT,
    created_by_id INTEGER NOT NULL REFERENCES user (id), created_at TEXT NOT NULL) STRICT`,
  `CREATE INDEX run_transform ON run (transform_id)`,
  `CREATE TABLE storage (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, root TEXT NOT NULL, root_path BLOB,
    description TEXT, type TEXT NOT NULL, region TEXT, instance_uid TEXT,
    managed INTEGER NOT NULL CHECK (managed IN (0, 1)), workstation_uid TEXT,
    watch INTEGER NOT NULL DEFAULT 0 CHECK (watch IN (0, 1)), watch_rule TEXT,
    transform_id INTEGER REFERENCES transform (id), run_id INTEGER REFERENCES run (id),
    created_by_id INTEGER NOT NULL REFERENCES user (id), created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT`,
  `CREATE UNIQUE INDEX storage_root ON storage (root, ifnull(workstation_uid, ''))`,
  `CREATE TABLE artifact (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, stem_uid TEXT NOT NULL, key TEXT, description TEXT,
    suffix TEXT NOT NULL, kind TEXT, otype TEXT, size INTEGER NOT NULL CHECK (size >= 0), hash TEXT, hash_type TEXT,
    sha256 TEXT CHECK (sha256 IS NULL OR length(sha256) = 64), n_files INTEGER, n_observations INTEGER,
    visibility INTEGER NOT NULL DEFAULT 1 CHECK (visibility IN (-1, 0, 1)),
    is_latest INTEGER NOT NULL CHECK (is_latest IN (0, 1)), version TEXT,
    key_is_virtual INTEGER NOT NULL CHECK (key_is_virtual IN (0, 1)),
    storage_id INTEGER NOT NULL REFERENCES storage (id),
    state TEXT NOT NULL CHECK (state IN ('ok', 'unverified', 'changed', 'missing')), state_reason TEXT,
    run_id INTEGER REFERENCES run (id), created_by_id INTEGER NOT NULL REFERENCES user (id),
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    CHECK (substr(uid, 1, 16) = stem_uid)) STRICT`,
  `CREATE UNIQUE INDEX artifact_latest ON artifact (stem_uid) WHERE is_latest = 1`,
  `CREATE INDEX artifact_sha256 ON artifact (sha256, size) WHERE sha256 IS NOT NULL`,
  `CREATE TABLE copy (
    id INTEGER PRIMARY KEY AUTOINCREMENT, artifact_id INTEGER NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    storage_id INTEGER NOT NULL REFERENCES storage (id), path BLOB NOT NULL, verified_at TEXT, created_at TEXT NOT NULL) STRICT`,
  `CREATE UNIQUE INDEX copy_path ON copy (storage_id, path)`,
  `CREATE INDEX copy_artifact ON copy (artifact_id)`,
  `CREATE TABLE tombstone (
    id INTEGER PRIMARY KEY AUTOINCREMENT, storage_id INTEGER NOT NULL REFERENCES storage (id), path BLOB NOT NULL,
    sha256 TEXT, artifact_uid TEXT NOT NULL, created_by_id INTEGER NOT NULL REFERENCES user (id),
    created_at TEXT NOT NULL) STRICT`,
  `CREATE UNIQUE INDEX tombstone_path ON tombstone (storage_id, path)`,
  `CREATE TABLE ulabel (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT,
    is_type INTEGER NOT NULL DEFAULT 0 CHECK (is_type IN (0, 1)), type_id INTEGER REFERENCES ulabel (id),
    run_id INTEGER REFERENCES run (id), created_by_id INTEGER NOT NULL REFERENCES user (id),
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT`,
  `CREATE UNIQUE INDEX ulabel_name ON ulabel (name, ifnull(type_id, 0))`,
  `CREATE TABLE artifact_ulabel (
    id INTEGER PRIMARY KEY AUTOINCREMENT, artifact_id INTEGER NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    ulabel_id INTEGER NOT NULL REFERENCES ulabel (id), run_id INTEGER REFERENCES run (id),
    created_by_id INTEGER NOT NULL REFERENCES user (id), created_at TEXT NOT NULL) STRICT`,
  `CREATE UNIQUE INDEX artifact_ulabel_once ON artifact_ulabel (artifact_id, ulabel_id)`,
  `CREATE INDEX artifact_ulabel_newest ON artifact_ulabel (ulabel_id, artifact_id)`,
  `CREATE TABLE collection (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, stem_uid TEXT NOT NULL, key TEXT NOT NULL, description TEXT,
    hash TEXT, is_latest INTEGER NOT NULL, version TEXT, visibility INTEGER NOT NULL DEFAULT 1,
    run_id INTEGER REFERENCES run (id), created_by_id INTEGER NOT NULL REFERENCES user (id),
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT`,
  `CREATE UNIQUE INDEX collection_latest ON collection (stem_uid) WHERE is_latest = 1`,
  `CREATE TABLE collection_artifact (
    id INTEGER PRIMARY KEY AUTOINCREMENT, collection_id INTEGER NOT NULL REFERENCES collection (id) ON DELETE CASCADE,
    artifact_id INTEGER NOT NULL REFERENCES artifact (id)) STRICT`,
  `CREATE UNIQUE INDEX collection_artifact_once ON collection_artifact (collection_id, artifact_id)`,
  `CREATE INDEX collection_artifact_artifact ON collection_artifact (artifact_id)`,
  `CREATE TABLE change (
    id INTEGER PRIMARY KEY, tx INTEGER NOT NULL, created_at TEXT NOT NULL, created_by_id INTEGER NOT NULL, operation TEXT NOT NULL,
    registry TEXT NOT NULL, uid TEXT NOT NULL, action TEXT NOT NULL CHECK (action IN ('insert', 'update', 'delete')),
    before TEXT, after TEXT, run_id INTEGER, hash TEXT NOT NULL) STRICT`,
  `CREATE INDEX change_uid ON change (uid, id)`,
  `CREATE TRIGGER change_is_not_altered BEFORE UPDATE ON change BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END`,
  `CREATE TRIGGER change_is_not_deleted BEFORE DELETE ON change BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END`,
  `CREATE TABLE facet_count (facet TEXT NOT NULL, value TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (facet, value)) STRICT, WITHOUT ROWID`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
