import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'
import type { Certificate } from './certificate.ts'

export interface DovecotSettings {
  port: number
  tlsPort: number
  mail: string
  certificate?: Certificate
  capabilities?: string
  quota?: string
  specialUse?: boolean
  maxConnections?: number
  processes?: number
  prefix?: string
}

const SPECIAL = ['Sent', 'Drafts', 'Junk', 'Trash', 'Archive']

/** The complete configuration of a private Dovecot that keeps everything below `directory`. */
export function configureDovecot(directory: string, settings: DovecotSettings): string {
  const root = process.getuid?.() === 0
  const me = userInfo().username
  const mailUser = root ? 'nobody' : me
  const uses = settings.specialUse === false ? [] : SPECIAL
  const mailboxes = uses.map((name) => `  mailbox ${name} {\n    special_use = \\${name}\n    auto = create\n  }`)
  const secure = settings.certificate
  return `
base_dir = ${directory}/run
state_dir = ${directory}/state
log_path = ${directory}/dovecot.log
listen = 127.0.0.1
protocols = imap
login_trusted_networks =
${root ? '' : `default_login_user = ${me}\ndefault_internal_user = ${me}\ndefault_internal_group = ${groupOf()}`}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_cache_size = 0
auth_failure_delay = 0
first_valid_uid = 1
mail_max_userip_connections = ${settings.maxConnections ?? 50}
mail_location = maildir:~/Maildir
mail_fsync = never
maildir_very_dirty_syncs = no
${settings.capabilities === undefined ? '' : `imap_capability = ${settings.capabilities}`}
ssl = ${secure ? 'yes' : 'no'}
${secure ? `ssl_cert = <${secure.certFile}\nssl_key = <${secure.keyFile}\nssl_dh =` : ''}
passdb {
  driver = passwd-file
  args = ${directory}/passwd/%u
}
userdb {
  driver = static
  args = uid=${mailUser} gid=${root ? 'nogroup' : groupOf()} home=${settings.mail}/%u
}
namespace inbox {
  inbox = yes
  prefix = ${settings.prefix ?? ''}
  separator = ${settings.prefix?.includes('.') ? '.' : '/'}
${mailboxes.join('\n')}
}
service imap-login {
  chroot =
  service_count = 0
  process_min_avail = 1
  inet_listener imap {
    port = ${settings.port}
  }
  inet_listener imaps {
    port = ${settings.tlsPort}
  }
}
${settings.processes === undefined ? '' : `default_client_limit = ${settings.processes * 3}`}
service imap {
  process_limit = ${settings.processes ?? 200}
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
${settings.quota ? quota(settings.quota) : ''}
`
}

function quota(limit: string): string {
  return `
mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=${limit}
  quota_grace = 0
}
`
}

function groupOf(): string {
  return execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()
}
