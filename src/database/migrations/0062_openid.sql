-- http: people who sign in by an OpenID provider.

-- A sign-in that has begun: what must come back, and to which browser. Used once.
create table openid_attempt (
  state_hash   text primary key,
  browser_hash text not null,
  nonce        text not null,
  verifier     text not null,
  return_to    text not null,
  expires_on   timestamptz not null
);
create index openid_attempt_expiry on openid_attempt (expires_on);

-- Who a person of the provider is here, for good: addresses and names may change hands, a subject does not.
create table openid_link (
  issuer     text not null,
  subject    text not null,
  user_id    uuid not null,
  created_on timestamptz not null,
  primary key (issuer, subject),
  unique (issuer, user_id)
);
create index openid_link_user on openid_link (user_id);

-- A session opened by the provider is ended there too.
alter table session add column by_openid boolean not null default false;

-- Which secret an application's token was got by: the one goes with the other.
alter table access_token add column secret_id uuid;
create index access_token_secret on access_token (secret_id) where secret_id is not null;
