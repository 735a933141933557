import { z } from 'zod'
import type { Contact, New, Patch, PostalAddress } from '../model/index.ts'
import { categoriesSchema, propertiesSchema } from './body.ts'
import { badRequest } from './error.ts'
import { writtenProperties } from './writeProperties.ts'

const text = z.string().max(1_000).nullish()
const address = z
  .strictObject({ street: text, city: text, state: text, countryOrRegion: text, postalCode: text })
  .nullish()

/** Texts of Graph that are the same in the model, by their names there. */
const TEXTS = {
  fileAs: 'fileAs',
  displayName: 'displayName',
  givenName: 'givenName',
  initials: 'initials',
  middleName: 'middleName',
  nickName: 'nickName',
  surname: 'surname',
  title: 'title',
  generation: 'generation',
  yomiGivenName: 'yomiGivenName',
  yomiSurname: 'yomiSurname',
  yomiCompanyName: 'yomiCompanyName',
  jobTitle: 'jobTitle',
  companyName: 'companyName',
  department: 'department',
  officeLocation: 'officeLocation',
  profession: 'profession',
  businessHomePage: 'homePage',
  assistantName: 'assistantName',
  manager: 'manager',
  mobilePhone: 'mobilePhone',
  spouseName: 'spouseName',
} as const satisfies Record<string, keyof Contact>

const texts = Object.fromEntries(Object.keys(TEXTS).map((name) => [name, text])) as Record<
  keyof typeof TEXTS,
  typeof text
>

/** What may be written of a contact. */
export const contactSchema = z.strictObject({
  ...texts,
  personalNotes: z.string().max(100_000).nullish(),
  birthday: z.string().nullish(),
  homePhones: z.array(z.string()).max(2).nullish(),
  businessPhones: z.array(z.string()).max(2).nullish(),
  imAddresses: z.array(z.string()).nullish(),
  children: z.array(z.string()).nullish(),
  emailAddresses: z
    .array(z.strictObject({ name: z.string().nullish(), address: z.string().nullish() }))
    .max(3)
    .nullish(),
  homeAddress: address,
  businessAddress: address,
  otherAddress: address,
  categories: categoriesSchema,
  ...propertiesSchema,
})

/** What the body changes; null and empty texts take away. @throws GraphError 400 */
export function contactPatch(before: New<Contact>, body: z.infer<typeof contactSchema>): Patch<Contact> {
  const named = Object.entries(TEXTS).flatMap(([name, own]) => {
    const value = body[name as keyof typeof TEXTS]
    return value === undefined ? [] : [[own, value || undefined] as const]
  })
  return {
    ...Object.fromEntries(named),
    ...(body.personalNotes !== undefined && { notes: body.personalNotes || undefined }),
    ...(body.birthday !== undefined && { birthday: dayOf(body.birthday) }),
    ...(body.homePhones && { homePhones: body.homePhones }),
    ...(body.businessPhones && { businessPhones: body.businessPhones }),
    ...(body.imAddresses && { imAddresses: body.imAddresses }),
    ...(body.children && { children: body.children }),
    ...(body.emailAddresses && {
      emails: body.emailAddresses.flatMap(({ name, address }) =>
        address ? [{ name: name ?? undefined, address }] : [],
      ),
    }),
    ...(body.homeAddress !== undefined && { homeAddress: addressOf(body.homeAddress) }),
    ...(body.businessAddress !== undefined && { businessAddress: addressOf(body.businessAddress) }),
    ...(body.otherAddress !== undefined && { otherAddress: addressOf(body.otherAddress) }),
    ...(body.categories && { categories: body.categories }),
    ...((body.singleValueExtendedProperties ?? body.multiValueExtendedProperties) && {
      properties: writtenProperties(before.properties ?? [], body),
    }),
  }
}

/** Exchange makes the name of who has none of his parts. */
export function withNames(contact: New<Contact>): New<Contact> {
  const { title, givenName, middleName, surname, generation, companyName, emails } = contact
  const full = [title, givenName, middleName, surname, generation].filter(Boolean).join(' ')
  const displayName = contact.displayName ?? (full || companyName || emails[0]?.name || emails[0]?.address)
  const sorted = surname
    ? [surname, [givenName, middleName].filter(Boolean).join(' ')].filter(Boolean).join(', ')
    : displayName
  return { ...contact, displayName, fileAs: contact.fileAs ?? sorted }
}

function addressOf(given: z.infer<typeof address>): PostalAddress | undefined {
  if (!given) return undefined
  const { street, city, state, countryOrRegion, postalCode } = given
  const all = { street, city, state, country: countryOrRegion, postalCode }
  const there = Object.entries(all).flatMap(([name, value]) => (value ? [[name, value] as const] : []))
  return there.length ? Object.fromEntries(there) : undefined
}

function dayOf(written: string | null): string | undefined {
  if (!written) return undefined
  const day = /^\d{4}-\d\d-\d\d/.exec(written)?.[0]
  if (!day) throw badRequest(`The birthday '${written}' is no date.`, 'ErrorPropertyValidationFailure')
  return day
}
