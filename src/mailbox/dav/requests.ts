import { MailboxError } from '../errors.ts'
import { type Xml, xml } from '../xml.ts'
import type { DavClient } from './client.ts'
import { type ResourceAnswer, resourceAnswer } from './multistatus.ts'

/** The bodies of requests (RFC 4791 §9, RFC 6352 §10, RFC 6578 §6), and those that are answered resource by resource. */

const NAMESPACES = xml`xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CARD="urn:ietf:params:xml:ns:carddav" xmlns:CS="http://calendarserver.org/ns/" xmlns:ME="http://me.com/_namespace/" xmlns:R="urn:regarding"`
const HEAD = xml`<?xml version="1.0" encoding="utf-8"?>`
const RESPONSE = new Set(['D:response'])

/** What text a property must have for an item to be found. */
export interface PropertyFilter {
  property: string
  value: string
}

export async function propfind(
  client: DavClient,
  path: string,
  { depth, props, doing }: { depth: 0 | 1; props: Xml; doing: string },
): Promise<ResourceAnswer[]> {
  const body = xml`${HEAD}<D:propfind ${NAMESPACES}><D:prop>${props}</D:prop></D:propfind>`
  const request = { method: 'PROPFIND', path, doing, headers: { depth: String(depth) }, body, again: true }
  const answers: ResourceAnswer[] = []
  for await (const element of client.elements(request, RESPONSE)) answers.push(resourceAnswer(element))
  return answers
}

/** Sets dead properties. @throws MailboxError where the server keeps none */
export async function proppatch(client: DavClient, path: string, props: Xml, doing: string): Promise<void> {
  const body = xml`${HEAD}<D:propertyupdate ${NAMESPACES}><D:set><D:prop>${props}</D:prop></D:set></D:propertyupdate>`
  const request = { method: 'PROPPATCH', path, doing, body, again: true }
  for await (const element of client.elements(request, RESPONSE)) {
    const { denied } = resourceAnswer(element)
    if (denied.size > 0) throw new MailboxError('denied', 'NotSupported', `${doing}: the server keeps no properties.`)
  }
}

/** The answers to a `REPORT`, as they come. */
export async function* report(
  client: DavClient,
  path: string,
  { depth, body, doing, signal }: { depth: 0 | 1; body: Xml; doing: string; signal?: AbortSignal | undefined },
): AsyncGenerator<ResourceAnswer> {
  const request = { method: 'REPORT', path, doing, headers: { depth: String(depth) }, body, again: true, signal }
  for await (const element of client.elements(request, RESPONSE)) yield resourceAnswer(element)
}

/** `limit` items at most (RFC 6578 §3.7). */
export function syncCollection(token: string | undefined, limit: number | undefined, props: Xml): Xml {
  const many = limit === undefined ? undefined : xml`<D:limit><D:nresults>${limit}</D:nresults></D:limit>`
  return xml`${HEAD}<D:sync-collection ${NAMESPACES}><D:sync-token>${token}</D:sync-token><D:sync-level>1</D:sync-level>${many}<D:prop>${props}</D:prop></D:sync-collection>`
}

export function calendarMultiget(paths: readonly string[], props: Xml): Xml {
  const hrefs = paths.map((path) => xml`<D:href>${path}</D:href>`)
  return xml`${HEAD}<C:calendar-multiget ${NAMESPACES}><D:prop>${props}<C:calendar-data/></D:prop>${hrefs}</C:calendar-multiget>`
}

export function addressbookMultiget(paths: readonly string[], props: Xml, card4: boolean): Xml {
  const data = card4 ? xml`<CARD:address-data content-type="text/vcard" version="4.0"/>` : xml`<CARD:address-data/>`
  const hrefs = paths.map((path) => xml`<D:href>${path}</D:href>`)
  return xml`${HEAD}<CARD:addressbook-multiget ${NAMESPACES}><D:prop>${props}${data}</D:prop>${hrefs}</CARD:addressbook-multiget>`
}

/** Items of `component` (VEVENT, VTODO) one of whose properties is as the filter says. */
export function calendarQuery(component: string, { property, value }: PropertyFilter, props: Xml): Xml {
  const match = xml`<C:prop-filter name="${property}"><C:text-match collation="i;octet">${value}</C:text-match></C:prop-filter>`
  const filter = xml`<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="${component}">${match}</C:comp-filter></C:comp-filter></C:filter>`
  return xml`${HEAD}<C:calendar-query ${NAMESPACES}><D:prop>${props}</D:prop>${filter}</C:calendar-query>`
}

export function addressbookQuery({ property, value }: PropertyFilter, props: Xml): Xml {
  const match = xml`<CARD:text-match collation="i;unicode-casemap" match-type="equals">${value}</CARD:text-match>`
  const filter = xml`<CARD:filter><CARD:prop-filter name="${property}">${match}</CARD:prop-filter></CARD:filter>`
  return xml`${HEAD}<CARD:addressbook-query ${NAMESPACES}><D:prop>${props}</D:prop>${filter}</CARD:addressbook-query>`
}
