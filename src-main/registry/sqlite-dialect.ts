/** Kysely on a connection of SQLite, with one difference: the first error of a transaction is the one that is told. */
import { SqliteDialect, type Dialect } from 'kysely';
import type { SqliteHandle } from '../ports/fs/sqlite-file.ts';

/**
 * After a full disk or an error of the disk SQLite has rolled back by itself. Kysely would roll back once more, and the
 * error of that ("no transaction is active") would take the place of what really happened.
 */
export function sqliteDialect(sqlite: SqliteHandle): Dialect {
  const dialect = new SqliteDialect({ database: sqlite });
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
