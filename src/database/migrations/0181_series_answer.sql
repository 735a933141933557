-- What attendees answered to occurrences that the CRM has no instance of yet (AP-70): it is noted once they are made.
create table series_answer (
  series_id uuid not null,
  -- The original start, on the wall of the series.
  start     text not null,
  address   text not null,
  party_id  uuid,
  response  integer not null,
  primary key (series_id, start, address)
);
