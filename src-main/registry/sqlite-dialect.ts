/**
 * Kysely on a connection of SQLite, with two differences: the first error of a transaction is the one that is told, and
 * statements are kept, because compiling one takes longer than running it.
 */
import { SqliteDialect, type Dialect, type SqliteDatabase } from 'kysely';
import type { SqliteHandle } from '../ports/fs/sqlite-file.ts';

/**
 * After a full disk or an error of the disk SQLite has rolled back by itself. Kysely would roll back once more, and the
 * error of that ("no transaction is active") would take the place of what really happened.
 */
export function sqliteDialect(sqlite: SqliteHandle): Dialect {
  const dialect = new SqliteDialect({ database: withKeptStatements(sqlite) });
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver() {
      const driver = dialect.createDriver();
      const rollback = driver.rollbackTransaction.bind(driver);
      driver.rollbackTransaction = async (connection) => {
        if (sqlite.inTransaction) await rollback(connection);
      };
      return driver;
    },
  };
}

/** Statements of one connection that are kept. Lists of ids make texts of all lengths: the one unused for longest goes. */
const KEPT = 300;

function withKeptStatements(sqlite: SqliteHandle): SqliteDatabase {
  const kept = new Map<string, ReturnType<SqliteHandle['prepare']>>();
  return {
    prepare(text) {
      const known = kept.get(text);
      // One that is being read row by row can't be run a second time meanwhile.
      if (known !== undefined && !known.busy) {
        kept.delete(text);
        kept.set(text, known);
        return known;
      }
      const statement = sqlite.prepare(text);
      kept.set(text, statement);
      const [oldest] = kept.keys();
      if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
      return statement;
    },
    close() {
      sqlite.close();
    },
  };
}
