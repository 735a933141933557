-- What stands beside the declared tables: the index of addresses, the change feed, the version of all security.

-- What each declared table was when it was last brought up to its declaration.
create table tablecatalogue (
  name text primary key,
  fingerprint text not null,
  addresscolumns text not null
);

-- `versionnumber` of all records.
create sequence recordversion;

-- Every value of every column of format email (T-62), with what resolution asks about the record, so that resolving
-- joins nothing.
create table emailaddress (
  recordid uuid not null,
  columnname text not null,
  address text not null,
  tablename text not null,
  name text not null,
  active boolean not null,
  ownerid uuid,
  ownertable text,
  createdon timestamptz not null,
  primary key (recordid, columnname)
);
create index emailaddress_address on emailaddress (address, createdon, recordid);

-- Append-only. `position` is the writing transaction: a reader stops before the oldest one still running, so that a row
-- that commits late is never skipped.
create table changefeed (
  position xid8 not null default pg_current_xact_id(),
  sequence bigint not null generated always as identity,
  tablename text not null,
  recordid uuid not null,
  kind text not null,
  columnnames text[] not null,
  principalid uuid,
  changedon timestamptz not null,
  primary key (position, sequence)
);
create index changefeed_changedon on changefeed using brin (changedon);

-- Bumped by every write to users, teams, roles and profiles. From a sequence, so that a rolled back version is never
-- used again.
create sequence securityversion_next;
create table securityversion (
  id integer primary key check (id = 1),
  version bigint not null
);
insert into securityversion (id, version) values (1, nextval('securityversion_next'));

create function bump_security_version() returns trigger language plpgsql as $$
begin
  update securityversion set version = nextval('securityversion_next') where id = 1;
  return null;
end $$;

-- Where the feed begins: the newest transaction whose changes have been pruned away, and the history that positions
-- belong to (a database restored from a dump counts its transactions afresh). Other cursors are lost.
create table changefeedstart (
  id integer primary key check (id = 1),
  position bigint not null,
  history uuid not null
);
insert into changefeedstart (id, position, history) values (1, 0, gen_random_uuid());
