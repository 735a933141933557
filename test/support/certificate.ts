import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificate {
  /** PEM of the authority. */
  ca: string
  keyFile: string
  certFile: string
}

/** Makes a private authority and a server certificate for localhost and 127.0.0.1 in `directory`, by openssl. */
export function makeCertificate(directory: string): Certificate {
  const run = (args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const authority = ['-subj', '/CN=Test authority', '-addext', 'basicConstraints=critical,CA:TRUE']
  run(['req', '-x509', ...key, ...authority, '-days', '2', '-keyout', 'ca.key', '-out', 'ca.pem'])
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const server = [...names, '-addext', 'basicConstraints=CA:FALSE', '-CA', 'ca.pem', '-CAkey', 'ca.key']
  run(['req', '-x509', ...key, ...server, '-days', '2', '-keyout', 'server.key', '-out', 'server.pem'])
  return {
    ca: readFileSync(join(directory, 'ca.pem'), 'utf8'),
    keyFile: join(directory, 'server.key'),
    certFile: join(directory, 'server.pem'),
  }
}
