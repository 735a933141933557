-- http: who may come in. Nothing here gives entry by itself: passwords are kept as scrypt hashes, everything else that
-- a person or program presents as SHA-256 of 256 random bits.

create table sign_in_password (
  user_id    uuid primary key,
  -- scrypt$<N>$<r>$<p>$<salt>$<hash>
  hash       text not null,
  changed_on timestamptz not null
);

-- What a browser is signed in by. Ends when it was not used for a while, and at the latest at expires_on.
create table session (
  session_id   uuid primary key,
  secret_hash  text not null unique,
  user_id      uuid not null,
  created_on   timestamptz not null,
  last_used_on timestamptz not null,
  expires_on   timestamptz not null,
  address      text not null,
  agent        text not null
);
create index session_of_user on session (user_id);
create index session_expiry on session (expires_on);

-- Bearer tokens: personal ones made by people, and those that applications get for their secret.
create table access_token (
  token_id     uuid primary key,
  secret_hash  text not null unique,
  user_id      uuid not null,
  kind         text not null check (kind in ('personal', 'application')),
  name         text not null,
  scope        text not null check (scope in ('full', 'read')),
  created_on   timestamptz not null,
  last_used_on timestamptz,
  expires_on   timestamptz not null
);
create index access_token_user on access_token (user_id);
create index access_token_expiry on access_token (expires_on);

create table application_secret (
  secret_id   uuid primary key,
  secret_hash text not null unique,
  user_id     uuid not null,
  created_on  timestamptz not null,
  expires_on  timestamptz not null
);
create index application_secret_user on application_secret (user_id);

-- Attempts to sign in, by hash of the account's name as typed and by address; counted before the password is looked at.
create table sign_in_throttle (
  key           text primary key,
  failures      integer not null,
  blocked_until timestamptz not null,
  last_on       timestamptz not null
);
create index sign_in_throttle_age on sign_in_throttle (last_on);

-- B-83. What was typed as a name is not kept where it named nobody: people type passwords there.
create table sign_in_event (
  event_id    uuid primary key,
  kind        text not null,
  user_id     uuid,
  -- the session, token or secret concerned
  subject_id  uuid,
  address     text,
  agent       text,
  occurred_on timestamptz not null
);
create index sign_in_event_user on sign_in_event (user_id, occurred_on desc);
create index sign_in_event_time on sign_in_event (occurred_on);

-- Keys that all web processes share, encrypted.
create table http_key (
  name   text primary key,
  sealed text not null
);
