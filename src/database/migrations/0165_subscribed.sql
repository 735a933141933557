-- Mail servers call back about more than the Inbox (B-10): one row per thing that is subscribed to. The row is written
-- before the server is asked, so that a call that comes at once finds the secret it is checked against.
create table mailbox_subscribed (
  mailbox_id uuid not null,
  -- mail, mail/<folder>, event, contact, task/<list>
  resource text not null,
  -- Null while it is being made, after the server has ended it, and where the server refuses.
  subscription_id text,
  secret_hash text not null,
  expires_at timestamptz,
  renew_at timestamptz not null,
  primary key (mailbox_id, resource)
);

insert into mailbox_subscribed (mailbox_id, resource, subscription_id, secret_hash, expires_at, renew_at)
select mailbox_id, 'mail/' || folder_id, subscription_id, secret_hash, expires_at, renew_at
from mailbox_subscription where folder_id <> '';

-- What is left: when something is to be done about a mailbox's subscriptions, and who is at it.
alter table mailbox_subscription
  drop column folder_id, drop column subscription_id, drop column secret_hash, drop column expires_at;
