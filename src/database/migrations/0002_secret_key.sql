-- Which keys sealed the secrets in this database (never the keys themselves), so that a wrong key is noticed at
-- start-up.
create table secret_key (
  id text primary key,
  added timestamptz not null default now()
);
