-- What mail servers call back about (B-10): one subscription per mailbox. The row is written before the server is asked,
-- so that a call that comes at once finds the secret it is checked against.
create table mailbox_subscription (
  mailbox_id uuid primary key,
  folder_id text not null,
  -- Null while it is being made, and after the server has ended it.
  subscription_id text,
  secret_hash text not null,
  expires_at timestamptz,
  renew_at timestamptz not null,
  -- A process is at it; another waits until then.
  claimed_until timestamptz
);
