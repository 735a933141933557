import type { Radicale } from '../../../support/radicale.ts'
import type { DavServer } from './bench.ts'

/** Radicale as the benches see it: calendars and address books lie side by side. */
export function radicaleServer(radicale: Radicale): DavServer {
  return {
    port: radicale.port,
    newUser() {
      const user = radicale.newUser()
      return Promise.resolve({ user, address: `${user}@example.org` })
    },
    calendars: (user) => `/${user}/`,
    addressbooks: (user) => `/${user}/`,
  }
}
