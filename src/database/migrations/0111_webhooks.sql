-- How far each webhook has read the change feed, who works on it, and how it fails.
create table webhook_state (
  webhook_id uuid primary key,
  cursor text not null,
  moved_on timestamptz not null,
  lease_owner uuid,
  leased_until timestamptz,
  failures integer not null default 0,
  failing_since timestamptz,
  next_try timestamptz
);

-- What was sent, or waits to be: made in the transaction that moves the cursor past its changes. Only which records
-- changed is kept; what they hold is read when it is sent.
create table webhook_delivery (
  delivery_id uuid primary key,
  webhook_id uuid not null,
  number bigint not null generated always as identity,
  created_on timestamptz not null,
  events jsonb not null,
  state text not null,
  attempts integer not null default 0,
  attempted_on timestamptz,
  status integer,
  error text,
  replay_of uuid
);
create index webhook_delivery_waiting on webhook_delivery (webhook_id, number) where state = 'waiting';
create index webhook_delivery_number on webhook_delivery (webhook_id, number);
create index webhook_delivery_created on webhook_delivery using brin (created_on);
