-- What is audited otherwise than declared: of a table (columnname ''), of one of its columns, or everything (both '').
create table audit_switch (
  tablename  text not null,
  columnname text not null default '',
  enabled    boolean not null,
  changed_on timestamptz not null,
  changed_by uuid,
  primary key (tablename, columnname)
);
