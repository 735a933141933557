import type { Cyrus } from '../../../support/cyrus.ts'
import type { DavServer } from './bench.ts'
import type { Hands } from './hands.ts'

/** Cyrus as the benches see it: not the calendar that it makes by itself is the main one, but ours. */
export function cyrusServer(cyrus: Cyrus): DavServer {
  return {
    port: cyrus.port,
    newUser: () => cyrus.newUser(),
    calendars: (user) => `/dav/calendars/user/${user}/`,
    addressbooks: (user) => `/dav/addressbooks/user/${user}/`,
    ownBook: 'Default',
    async settle(hands: Hands, user: string) {
      const xml = { 'content-type': 'application/xml' }
      const inbox = `/dav/calendars/user/${user}/Inbox/`
      const main = `<C:schedule-default-calendar-URL><href>${hands.pathOf(['Calendar'])}</href></C:schedule-default-calendar-URL>`
      const body = `<propertyupdate xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>${main}</prop></set></propertyupdate>`
      await hands.ask('PROPPATCH', inbox, xml, body)
    },
  }
}
