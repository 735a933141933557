-- What standard roles held when they were last brought up to a version: the difference to what they hold now is an
-- administrator's doing, and stays.
create table role_shipped (
  roleid             uuid not null,
  privilegename      text not null,
  privilegedepthmask integer not null,
  primary key (roleid, privilegename)
);
