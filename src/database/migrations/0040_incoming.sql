-- sync/incoming: what is known of each mailbox's folders and messages, and why each was tracked or not.

-- One row per folder of a mailbox, with the connector's cursor (law 1: saved with what it brought).
create table mailbox_folder (
  mailbox_id   uuid not null,
  folder_id    text not null,
  path         text[] not null,
  use          text,
  fingerprint  text,
  cursor       text,
  -- false until the first listing has been read to its end
  listed       boolean not null default false,
  primary key (mailbox_id, folder_id)
);

-- Where a message lies (B-60): one row per mailbox, folder and item. A row whose item is gone is kept for what a
-- person decided about the message (T-100), found again by its key.
create table email_copy (
  copy_id      uuid primary key,
  mailbox_id   uuid not null,
  folder_id    text not null,
  item_id      text not null,
  message_key  text not null,
  outgoing     boolean not null,
  state        text not null check (state in ('tracked', 'untracked', 'notTracked', 'undeliverable', 'pending')),
  by_person    boolean not null default false,
  email_id     uuid,
  received_on  timestamptz not null,
  -- categories as last seen on the item, and as they shall be (null: as seen)
  tracked_category       boolean not null default false,
  undeliverable_category boolean not null default false,
  want_tracked           boolean,
  want_undeliverable     boolean,
  retries      integer not null default 0,
  gone_on      timestamptz
);
create unique index email_copy_item on email_copy (mailbox_id, folder_id, item_id) where gone_on is null;
create index email_copy_key on email_copy (mailbox_id, message_key);
create index email_copy_email on email_copy (email_id) where email_id is not null;
create index email_copy_marks on email_copy (mailbox_id)
  where gone_on is null and (want_tracked is not null or want_undeliverable is not null);
create index email_copy_pending on email_copy (mailbox_id) where gone_on is null and state = 'pending';

-- One decision per message and mailbox (B-20, MO-76): the reason, and the rules asked in their order.
create table decision (
  decision_id  uuid primary key,
  mailbox_id   uuid not null,
  message_key  text not null,
  outgoing     boolean not null,
  folder_id    text not null,
  item_id      text not null,
  outcome      text not null,
  reason       text not null,
  trigger      text not null,
  trace        json not null,
  suggestion   json,
  error        text,
  -- encrypted; absent for blocked messages (B-80) and where an email holds it
  subject      text,
  email_id     uuid,
  retries      integer not null default 0,
  received_on  timestamptz,
  decided_on   timestamptz not null,
  unique (mailbox_id, message_key, outgoing)
);
create index decision_by_key on decision (message_key);
create index decision_by_time on decision (mailbox_id, decided_on desc);
create index decision_by_email on decision (email_id) where email_id is not null;
create index decision_expiry on decision (decided_on);

-- Which folder mapping set the regarding of an email (FT-27).
create table email_folder_rule (
  email_id   uuid primary key,
  mapping_id uuid not null
);
create index email_folder_rule_mapping on email_folder_rule (mapping_id);

-- What a person decided for a whole conversation (B-50, B-54). mailbox_id all zeros: for every copy.
create table thread_choice (
  thread_id       uuid not null,
  mailbox_id      uuid not null default '00000000-0000-0000-0000-000000000000',
  regarding_id    uuid,
  regarding_table text,
  stopped         boolean not null default false,
  chosen_by       uuid,
  chosen_on       timestamptz not null,
  primary key (thread_id, mailbox_id)
);

-- B-80. owner_id null: for the organization.
create table block_rule (
  rule_id    uuid primary key,
  owner_id   uuid,
  kind       text not null check (kind in ('address', 'domain', 'subject', 'sensitivity')),
  pattern    text not null,
  created_by uuid,
  created_on timestamptz not null
);
create index block_rule_owner on block_rule (owner_id);

-- B-22 “always track this sender”: addresses that a user accepts whatever the filter says.
create table accept_rule (
  rule_id    uuid primary key,
  owner_id   uuid not null,
  address    text not null,
  created_on timestamptz not null,
  unique (owner_id, address)
);

-- Acts that could not be carried out at once and wait for the next cycle (T-5, SC-37).
create table track_request (
  request_id      uuid primary key,
  mailbox_id      uuid not null,
  message_id      text not null,
  user_id         uuid not null,
  regarding_id    uuid,
  regarding_table text,
  requested_on    timestamptz not null,
  attempts        integer not null default 0,
  last_error      text
);
create index track_request_mailbox on track_request (mailbox_id, requested_on);
