-- Tables, columns, relationships and option sets that were declared through the API, in the form of the installation's
-- file. The version tells processes that what they know is old.
create table customization (
  id integer primary key check (id = 1),
  version bigint not null,
  declarations jsonb not null
);
insert into customization (id, version, declarations) values (1, 0, '{}');
