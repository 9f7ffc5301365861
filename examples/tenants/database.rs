//! The secrets of tenants in `SQLite`: look-ups, and sample data for a first try.

use std::{
    error::Error,
    fs::{self, OpenOptions},
    io,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use rusqlite::{Connection, OpenFlags, Row};
use tower_webhook::{Keys, Secret};

/// Shorter than `WebhookLayer::key_deadline`, so that the log says that the database is locked.
const LOCK_WAIT: Duration = Duration::from_secs(1);

type BoxError = Box<dyn Error + Send + Sync>;

/// Acme is changing its secret. Initech still signs with a secret that has expired.
const TENANTS: &str = "
    BEGIN;
    CREATE TABLE secrets (
        label TEXT PRIMARY KEY,
        tenant TEXT NOT NULL,
        secret TEXT NOT NULL,
        not_after INTEGER -- Unix seconds; NULL for the current secret
    );
    CREATE INDEX secrets_of_tenant ON secrets (tenant);
    INSERT INTO secrets VALUES
        ('acme-2026', 'acme', lower(hex(randomblob(32))), NULL),
        ('acme-2025', 'acme', lower(hex(randomblob(32))), unixepoch('now', '+7 days')),
        ('globex-2026', 'globex', lower(hex(randomblob(32))), NULL),
        ('initech-2026', 'initech', lower(hex(randomblob(32))), NULL),
        ('initech-2025', 'initech', lower(hex(randomblob(32))), unixepoch('now', '-1 day'));
    COMMIT;
";

/// Reads the keys of a tenant. The cache makes this rare, so each look-up opens the file again.
pub(crate) fn look_up(database: &Path, tenant: &str) -> Result<Option<Keys>, BoxError> {
    let database = open(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut query = database.prepare(
        "SELECT secret, label, not_after FROM secrets WHERE tenant = ?1
        ORDER BY not_after DESC NULLS FIRST",
    )?;
    let mut rows = query.query([tenant])?;
    let mut secrets = Vec::new();
    while let Some(row) = rows.next()? {
        secrets.push(secret(row)?);
    }
    Ok(Keys::newest_first(secrets).map(|keys| keys.tenant(tenant)))
}

fn secret(row: &Row<'_>) -> Result<Secret, BoxError> {
    let label: String = row.get("label")?;
    let secret = Secret::new(row.get::<_, String>("secret")?)
        .map_err(|error| format!("`{label}`: {error}"))?
        .label(label);
    let not_after: Option<i64> = row.get("not_after")?;
    Ok(match not_after {
        Some(seconds) => {
            let since = Duration::from_secs(seconds.max(0).unsigned_abs());
            secret.not_after(UNIX_EPOCH + since)
        }
        None => secret,
    })
}

fn open(database: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let database = Connection::open_with_flags(database, access)?;
    database.busy_timeout(LOCK_WAIT)?;
    Ok(database)
}

/// Creates the file if it does not exist, and checks that it can be read.
pub(crate) fn prepare(database: &Path, url: &str) -> Result<(), BoxError> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.write(true).create_new(true).open(database) {
        Ok(_) => {
            let created = open(database, OpenFlags::SQLITE_OPEN_READ_WRITE)
                .and_then(|database| database.execute_batch(TENANTS));
            // An incomplete file would look like a finished one at the next start.
            created.inspect_err(|_| drop(fs::remove_file(database)))?;
            println!("created {}", database.display());
            print_commands(database, url)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            look_up(database, "acme")?;
            let path = database.display();
            println!("using the tenants in {path}; delete the file to create new ones");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Prints the secrets. This is the only time that they are shown.
fn print_commands(database: &Path, url: &str) -> Result<(), BoxError> {
    let database = open(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let secret = |label: &str| {
        let query = "SELECT secret FROM secrets WHERE label = ?1";
        database.query_one(query, [label], |row| row.get::<_, String>(0))
    };
    let (acme, acme_before) = (secret("acme-2026")?, secret("acme-2025")?);
    let (globex, initech) = (secret("globex-2026")?, secret("initech-2026")?);
    let initech_before = secret("initech-2025")?;
    println!(
        r#"The secrets are not shown again. In another terminal:

deliver() {{
  body='{{"event":"order.created"}}'
  curl -s -w ' %{{http_code}}\n' "{url}/hooks/$1" \
    -H "X-Timestamp: $(date +%s)" \
    -H "X-Signature: $(printf %s "$body" | openssl dgst -sha256 -hmac "$2" -r | cut -d' ' -f1)" \
    --data-raw "$body"
}}
deliver acme {acme} # 200
deliver acme {acme_before} # 200, the previous secret
deliver globex {globex} # 200
deliver globex {acme} # 403, the secret of another tenant
deliver initech {initech} # 200
deliver initech {initech_before} # 403, an expired secret
deliver unknown {acme} # 403, an unknown tenant
"#
    );
    Ok(())
}
