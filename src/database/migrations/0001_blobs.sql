-- Content by its SHA-256 (B-61). Large content lies in a file beside the embedded database, or in parts on a server:
-- then `content` is null.
create table blob (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  size bigint not null,
  content bytea,
  stored timestamptz not null
);
alter table blob alter column content set storage external;

create table blob_part (
  hash text not null references blob on delete cascade,
  number integer not null,
  content bytea not null,
  primary key (hash, number)
);
alter table blob_part alter column content set storage external;
