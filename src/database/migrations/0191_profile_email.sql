-- When the owner of a server profile was last told by email that its mailboxes fail: at most once an hour (MB-23).
create table profile_email (
  profile_id uuid primary key,
  sent_at timestamptz not null
);
