import type * as graph from '@microsoft/microsoft-graph-types'
import type { Contact, PostalAddress } from '../model/index.ts'
import { expandedProperties } from './expandedProperties.ts'
import type { Entity } from './filter.ts'
import { etagOf, type GraphRequest, idOf, writtenId } from './request.ts'

export function contactJson(request: GraphRequest, contact: Contact, expand: string): Entity {
  return {
    '@odata.etag': etagOf(contact),
    id: idOf(request, contact),
    createdDateTime: contact.created.toISOString(),
    lastModifiedDateTime: contact.modified.toISOString(),
    changeKey: contact.changeKey,
    categories: [...contact.categories],
    parentFolderId: writtenId(contact.folder),
    birthday: contact.birthday ? `${contact.birthday}T11:59:00Z` : null,
    fileAs: contact.fileAs ?? '',
    displayName: contact.displayName ?? '',
    givenName: text(contact.givenName),
    initials: text(contact.initials),
    middleName: text(contact.middleName),
    nickName: text(contact.nickName),
    surname: text(contact.surname),
    title: text(contact.title),
    yomiGivenName: text(contact.yomiGivenName),
    yomiSurname: text(contact.yomiSurname),
    yomiCompanyName: text(contact.yomiCompanyName),
    generation: text(contact.generation),
    imAddresses: contact.imAddresses.filter(Boolean),
    jobTitle: text(contact.jobTitle),
    companyName: text(contact.companyName),
    department: text(contact.department),
    officeLocation: text(contact.officeLocation),
    profession: text(contact.profession),
    businessHomePage: text(contact.homePage),
    assistantName: text(contact.assistantName),
    manager: text(contact.manager),
    homePhones: contact.homePhones.filter(Boolean),
    mobilePhone: text(contact.mobilePhone),
    businessPhones: contact.businessPhones.filter(Boolean),
    spouseName: text(contact.spouseName),
    personalNotes: contact.notes ?? '',
    children: [...contact.children],
    emailAddresses: contact.emails.flatMap(({ name, address }) =>
      address ? [{ name: name ?? address, address }] : [],
    ),
    homeAddress: addressJson(contact.homeAddress),
    businessAddress: addressJson(contact.businessAddress),
    otherAddress: addressJson(contact.otherAddress),
    ...expandedProperties(contact.properties, expand),
  } satisfies graph.Contact & Entity
}

function text(value: string | undefined): string | null {
  return value ?? null
}

/** What is not there is left out. */
function addressJson({ street, city, state, postalCode, country }: PostalAddress = {}) {
  return {
    ...(street !== undefined && { street }),
    ...(city !== undefined && { city }),
    ...(state !== undefined && { state }),
    ...(country !== undefined && { countryOrRegion: country }),
    ...(postalCode !== undefined && { postalCode }),
  } satisfies graph.PhysicalAddress
}
