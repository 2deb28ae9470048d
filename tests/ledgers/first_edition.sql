-- The ledger of the first edition, as it made it: without a version, and without a table of streams.
CREATE TABLE clockify_journal (
    seq INTEGER NOT NULL,
    run VARCHAR(32) NOT NULL,
    workspace VARCHAR(24) NOT NULL,
    stream VARCHAR(128) NOT NULL,
    "key" VARCHAR(512) NOT NULL,
    object VARCHAR(64) NOT NULL,
    operation VARCHAR(64) NOT NULL,
    id VARCHAR(128),
    status VARCHAR(8) NOT NULL,
    changes TEXT NOT NULL,
    recovery TEXT NOT NULL,
    error TEXT,
    began VARCHAR(32) NOT NULL,
    ended VARCHAR(32),
    PRIMARY KEY (seq)
);
CREATE INDEX ix_clockify_journal_run ON clockify_journal (run);
CREATE INDEX ix_clockify_journal_status ON clockify_journal (status);
CREATE TABLE clockify_rows (
    workspace VARCHAR(24) NOT NULL,
    stream VARCHAR(128) NOT NULL,
    "key" VARCHAR(512) NOT NULL,
    object VARCHAR(64) NOT NULL,
    id VARCHAR(128) NOT NULL,
    scope TEXT NOT NULL,
    created BOOLEAN NOT NULL,
    record_hash BLOB,
    state_hash BLOB,
    run VARCHAR(32) NOT NULL,
    PRIMARY KEY (workspace, stream, "key")
);
CREATE INDEX clockify_rows_by_id ON clockify_rows (workspace, object, id);
CREATE INDEX clockify_rows_by_key ON clockify_rows (workspace, object, "key");
