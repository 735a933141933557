-- What an installation was given once (default templates, views, rules), by id: what a person removed does not come back.
create table given_once (
  id       uuid primary key,
  given_on timestamptz not null
);

-- Users who were given the default filters of a kind, when they were first subscribed (SF-50).
create table filter_subscription (
  user_id       uuid not null,
  kind          text not null check (kind in ('online', 'offline')),
  subscribed_on timestamptz not null,
  primary key (user_id, kind)
);
