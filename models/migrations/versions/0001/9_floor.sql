-- What is on board before its carrier has confirmed it, and carriers that never came.

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
