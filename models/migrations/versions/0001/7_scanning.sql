-- Scans: each is kept once, under the key that its device has given it.

CREATE TABLE scanned_item (
    task_id BIGINT NOT NULL,
    take_number INTEGER NOT NULL,
    sku VARCHAR(64) NOT NULL,
    asked INTEGER NOT NULL,
    counted INTEGER DEFAULT '0' NOT NULL,
    bin_seen BOOLEAN DEFAULT 'false' NOT NULL,
    moved_to_end INTEGER DEFAULT '0' NOT NULL,
    short_reason VARCHAR(32),
    CONSTRAINT pk_scanned_item PRIMARY KEY (task_id, take_number, sku),
    CONSTRAINT fk_scanned_item_task_id FOREIGN KEY(task_id) REFERENCES staff_task (id),
    CONSTRAINT fk_scanned_item_sku FOREIGN KEY(sku) REFERENCES product (sku),
    CONSTRAINT ck_scanned_item_asks_for_something CHECK (asked > 0),
    CONSTRAINT ck_scanned_item_counted_within_asked CHECK (counted >= 0 AND counted <= asked),
    CONSTRAINT ck_scanned_item_short_where_not_full CHECK (
        short_reason IS NULL OR counted < asked
    ),
    CONSTRAINT ck_scanned_item_short_reason CHECK (
        short_reason IN ('not in bin', 'damaged', 'wrong item', 'other')
    )
);

CREATE TABLE scan (
    key UUID NOT NULL,
    task_id BIGINT NOT NULL,
    take_number INTEGER NOT NULL,
    device UUID NOT NULL,
    sequence BIGINT NOT NULL,
    source VARCHAR(32) NOT NULL,
    meaning VARCHAR(32) NOT NULL,
    raw VARCHAR(200) NOT NULL,
    sku VARCHAR(64),
    pieces INTEGER DEFAULT '0' NOT NULL,
    bin VARCHAR(32) DEFAULT '' NOT NULL,
    undoes UUID,
    reason VARCHAR(32),
    result VARCHAR(32) NOT NULL,
    counts BOOLEAN NOT NULL,
    answer JSONB NOT NULL,
    staff VARCHAR(100) NOT NULL,
    scanned_at TIMESTAMP WITH TIME ZONE,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_scan PRIMARY KEY (key),
    CONSTRAINT fk_scan_task_id FOREIGN KEY(task_id) REFERENCES staff_task (id),
    CONSTRAINT fk_scan_sku FOREIGN KEY(sku) REFERENCES product (sku),
    CONSTRAINT fk_scan_undoes FOREIGN KEY(undoes) REFERENCES scan (key),
    CONSTRAINT ck_scan_pieces_of_goods CHECK ((meaning = 'pieces') = (pieces <> 0)),
    CONSTRAINT ck_scan_pieces_of_a_product CHECK (meaning <> 'pieces' OR sku IS NOT NULL),
    CONSTRAINT ck_scan_undo_names_a_scan CHECK (
        meaning <> 'undo' OR NOT counts OR undoes IS NOT NULL
    ),
    CONSTRAINT ck_scan_short_for_a_reason CHECK ((meaning = 'short') = (reason IS NOT NULL)),
    CONSTRAINT ck_scan_source CHECK (
        source IN ('scan', 'typed', 'camera', 'command', 'button', 'Packline')
    ),
    CONSTRAINT ck_scan_meaning CHECK (
        meaning IN ('pieces', 'bin', 'tote', 'undo', 'short', 'skip', 'returned', 'unknown')
    ),
    CONSTRAINT ck_scan_reason CHECK (reason IN ('not in bin', 'damaged', 'wrong item', 'other')),
    CONSTRAINT ck_scan_result CHECK (
        result IN (
            'counted', 'line-done', 'at-bin', 'in-tote', 'undone', 'short', 'skipped', 'cancelled',
            'returned', 'wrong-item', 'wrong-bin', 'bin-first', 'surplus', 'surplus-case',
            'unknown-code', 'badge', 'tote-holds-another', 'wrong-tote', 'tote-first', 'item-first',
            'nothing-to-undo', 'nothing-short', 'not-listed', 'given-back', 'taken-by-another',
            'on-hold', 'already-done', 'withdrawn'
        )
    )
);
CREATE INDEX ix_scan_task ON scan (task_id, take_number, sku);
CREATE INDEX ix_scan_staff ON scan (staff, at) WHERE meaning = 'pieces';
CREATE UNIQUE INDEX ix_scan_undone_once ON scan (undoes) WHERE undoes IS NOT NULL AND counts;
