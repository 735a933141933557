-- sync/items: which record and which item belong together, what was seen of each mailbox, and what is still to be done.

-- What is known of a mailbox as a whole.
create table item_mailbox (
  mailbox_id       uuid primary key,
  -- where the change feed of the records was read to; null: everything is to be evaluated
  feed_cursor      text,
  -- what the last full evaluation of the filters was about: the filters, and the rights
  filters          text,
  security_version text,
  -- B-42: a person has seen what the first synchronization would do
  confirmed_on     timestamptz,
  confirmed_by     uuid,
  -- what it would do, counted
  summary          json,
  last_cycle_on    timestamptz,
  -- sealed; what the hashes of item_identity are keyed with
  hash_key         text not null
);

-- One row per folder of items, with the connector's cursor (law 1: saved with what it brought).
create table item_folder (
  mailbox_id  uuid not null,
  folder_id   text not null,
  kind        text not null check (kind in ('event', 'contact', 'task')),
  path        text[] not null,
  main        boolean not null,
  fingerprint text,
  connector   text,
  cursor      text,
  -- false until the first listing has been read to its end
  listed      boolean not null default false,
  primary key (mailbox_id, folder_id)
);

-- A record and an item that belong together (AP-7, AP-9).
create table item_link (
  link_id         uuid primary key,
  mailbox_id      uuid not null,
  kind            text not null check (kind in ('event', 'contact', 'task')),
  record_table    text not null,
  record_id       uuid not null,
  -- by which the item is found again after a crash
  link_key        text not null,
  state           text not null check (state in ('creating', 'linked', 'removing', 'dormant', 'deleted', 'ignored')),
  folder_id       text,
  item_id         text,
  item_version    text,
  uid             text,
  record_version  bigint,
  -- rows that are parts of the record, so that a deleted one is known as its part
  parts           uuid[] not null default '{}',
  agreed          json not null,
  returned        boolean not null default false,
  returned_ever   boolean not null default false,
  organizes       boolean,
  owner_id        uuid,
  categorized     boolean,
  until_change    boolean,
  subject         text,
  -- the item is looked for again: by its id in a listing anew, by its key or UID where ids mean nothing any more (B-4, B-14)
  sought          text check (sought in ('id', 'key')),
  synchronized_on timestamptz,
  direction       text
);
create unique index item_link_record on item_link (mailbox_id, record_table, record_id);
create unique index item_link_item on item_link (mailbox_id, folder_id, item_id) where item_id is not null;
create unique index item_link_key on item_link (mailbox_id, link_key);
create index item_link_uid on item_link (uid) where uid is not null;
create index item_link_of_record on item_link (record_id);

-- What lies in a mailbox and is not linked: ids, and keyed hashes by which it is matched. No content (SE-43).
create table item_identity (
  mailbox_id uuid not null,
  folder_id  text not null,
  item_id    text not null,
  kind       text not null,
  version    text not null,
  hashes     text[] not null,
  primary key (mailbox_id, folder_id, item_id)
);
create index item_identity_hashes on item_identity using gin (hashes);

-- What was seen to have changed and is not carried out yet: saved with the cursors, removed with what it led to.
create table item_work (
  work_id      uuid primary key,
  mailbox_id   uuid not null,
  -- 'link:<id>', 'record:<table>:<id>' or 'item:<folder>:<id>'
  about        text not null,
  link_id      uuid,
  record_table text,
  record_id    uuid,
  folder_id    text,
  item_id      text,
  item_gone    boolean not null default false,
  -- the record is gone, or no filter returns it any more: all of these are looked at together (B-40)
  leaving      boolean not null default false,
  noticed_on   timestamptz not null,
  -- counts up whenever it is noticed again, so that news which comes while it is carried out is not lost
  times        integer not null default 1,
  attempts     integer not null default 0,
  -- not looked at before a person answers
  question_id  uuid,
  unique (mailbox_id, about)
);
create index item_work_due on item_work (mailbox_id, noticed_on);
create index item_work_question on item_work (question_id) where question_id is not null;

-- What the owner of a mailbox is asked (MO-15 … MO-18, B-40, B-42, B-43).
create table item_question (
  question_id uuid primary key,
  mailbox_id  uuid not null,
  kind        text not null,
  -- as in item_work; null: about the cycle as a whole
  about       text,
  text        text not null,
  -- how many things it is about, where it is about a cycle
  extent      integer,
  asked_on    timestamptz not null,
  answer      boolean,
  answered_by uuid,
  answered_on timestamptz
);
create unique index item_question_open on item_question (mailbox_id, kind, coalesce(about, '')) where answer is null;

-- Where both sides had changed a field and one of them lost (B-70).
create table item_conflict (
  conflict_id  uuid primary key,
  mailbox_id   uuid not null,
  record_table text not null,
  record_id    uuid not null,
  pair         text not null,
  record_value json not null,
  item_value   json not null,
  winner       text not null check (winner in ('record', 'item')),
  occurred_on  timestamptz not null,
  resolved_on  timestamptz,
  resolved_by  uuid
);
create index item_conflict_mailbox on item_conflict (mailbox_id, occurred_on);

-- The last copy of what synchronization deleted or overwrote, sealed (B-41).
create table item_undo (
  undo_id      uuid primary key,
  mailbox_id   uuid not null,
  side         text not null check (side in ('record', 'item')),
  deed         text not null check (deed in ('deleted', 'overwritten')),
  kind         text not null,
  record_table text,
  record_id    uuid,
  folder_id    text,
  item_id      text,
  copy         text not null,
  made_on      timestamptz not null,
  restored_on  timestamptz,
  restored_by  uuid
);
create index item_undo_mailbox on item_undo (mailbox_id, made_on desc);
create index item_undo_expiry on item_undo (made_on);

-- What became of each record or item, and why (B-20); failures are listed from here (MO-70).
create table item_decision (
  decision_id  uuid primary key,
  mailbox_id   uuid not null,
  about        text not null,
  outcome      text not null check (outcome in ('synchronized', 'linked', 'unlinked', 'ignored', 'asked', 'failed')),
  code         text,
  text         text,
  -- sealed
  subject      text,
  kind         text,
  record_table text,
  record_id    uuid,
  folder_id    text,
  item_id      text,
  trace        json not null,
  retries      integer not null default 0,
  decided_on   timestamptz not null,
  unique (mailbox_id, about)
);
create index item_decision_time on item_decision (mailbox_id, decided_on desc);
create index item_decision_record on item_decision (record_id) where record_id is not null;
create index item_decision_expiry on item_decision (decided_on);
