//! The schema of a store: creating it, updating it, and refusing one that this program cannot use.

use std::sync::LazyLock;

use sqlx::{
    SqlSafeStr, SqliteConnection, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::{Result, StoreError};

/// All migrations: version, description and SQL of the files in `migrations/`.
///
/// Listed here and not by `sqlx::migrate!`, whose macro crate compiles the driver and `SQLite` a second
/// time.
const FILES: [(i64, &str, &str); 1] = [(1, "store", include_str!("../migrations/0001_store.sql"))];

static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let migration = |(version, description, sql): (i64, &'static str, &'static str)| {
        Migration::new(version, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(FILES.map(migration).to_vec())
});

statements! {
    ANALYZE = "ANALYZE";
    FIRST_CHECKSUM = "SELECT checksum FROM _sqlx_migrations ORDER BY version LIMIT 1";
    HAS_MIGRATIONS = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')";
    SCHEMA_VERSION = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success";
}

/// An error if the file was made by an older or a newer program.
pub(crate) async fn check_schema(pool: &SqlitePool) -> Result<()> {
    let (found, known) = (schema_of(pool).await?, known_schema());
    if found == known { Ok(()) } else { Err(schema_error(found, known)) }
}

fn known_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

const fn schema_error(found: i64, known: i64) -> StoreError {
    if found > known {
        StoreError::NewerSchema { found, known }
    } else {
        StoreError::OlderSchema { found, known }
    }
}

pub(crate) async fn migrate(writer: &SqlitePool) -> Result<()> {
    let (found, known) = (schema_of(writer).await?, known_schema());
    if found > known {
        return Err(schema_error(found, known));
    }
    if found < known {
        MIGRATIONS.run(writer).await?;
    }
    if found == 0 {
        // Creates the tables of statistics while the file is small. Created later, they move pages
        // of the list of tables to its end, where a truncated file loses them, and with them
        // everything.
        sqlx::raw_sql(ANALYZE).execute(&mut *writer.acquire().await?).await?;
    }
    Ok(())
}

/// The schema version in the file; 0 if the file is empty.
///
/// Errors: [`StoreError::UnreleasedSchema`] if its first migration is not the first one of this
/// program.
async fn schema_of(pool: &SqlitePool) -> Result<i64> {
    let mut connection = pool.acquire().await?;
    let found = schema_version(&mut connection).await?;
    if found > 0 {
        let first: Option<Vec<u8>> =
            sqlx::query_scalar(FIRST_CHECKSUM).fetch_optional(&mut *connection).await?;
        let ours = MIGRATIONS.iter().next().map(|migration| migration.checksum.to_vec());
        if first != ours {
            return Err(StoreError::UnreleasedSchema { found });
        }
    }
    Ok(found)
}

/// The schema version in the file; 0 if the file is empty.
pub(crate) async fn schema_version(connection: &mut SqliteConnection) -> Result<i64> {
    let migrated: bool = sqlx::query_scalar(HAS_MIGRATIONS).fetch_one(&mut *connection).await?;
    if !migrated {
        return Ok(0);
    }
    Ok(sqlx::query_scalar(SCHEMA_VERSION).fetch_one(connection).await?)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_migration_of_the_program() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let found: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let listed: BTreeSet<String> =
            FILES.iter().map(|(version, name, _)| format!("{version:04}_{name}.sql")).collect();
        assert_eq!(found, listed);
    }
}
