-- What is on board before its carrier has confirmed it, carriers that never came, and goods on their
-- return to their bins.

CREATE TABLE loaded_parcel (
    label_id BIGINT NOT NULL,
    loaded_by VARCHAR(100) NOT NULL,
    loaded_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_loaded_parcel PRIMARY KEY (label_id),
    CONSTRAINT fk_loaded_parcel_label_id FOREIGN KEY(label_id) REFERENCES shipping_label (id)
);

CREATE TABLE missed_pickup (
    pickup_id BIGINT NOT NULL,
    day DATE NOT NULL,
    said_by VARCHAR(100) NOT NULL,
    said_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_missed_pickup PRIMARY KEY (pickup_id, day),
    CONSTRAINT fk_missed_pickup_pickup_id FOREIGN KEY(pickup_id) REFERENCES carrier_pickup (id)
);

CREATE TABLE restocked_item (
    task_id BIGINT NOT NULL,
    sku VARCHAR(64) NOT NULL,
    asked INTEGER NOT NULL,
    in_hand INTEGER DEFAULT '0' NOT NULL,
    stored INTEGER DEFAULT '0' NOT NULL,
    damaged INTEGER DEFAULT '0' NOT NULL,
    missing INTEGER DEFAULT '0' NOT NULL,
    last_key UUID,
    CONSTRAINT pk_restocked_item PRIMARY KEY (task_id, sku),
    CONSTRAINT fk_restocked_item_task_id FOREIGN KEY(task_id) REFERENCES staff_task (id),
    CONSTRAINT fk_restocked_item_sku FOREIGN KEY(sku) REFERENCES product (sku),
    CONSTRAINT ck_restocked_item_not_negative CHECK (
        in_hand >= 0 AND stored >= 0 AND damaged >= 0 AND missing >= 0
    ),
    CONSTRAINT ck_restocked_item_within_asked CHECK (
        in_hand + stored + damaged + missing <= asked
    )
);
