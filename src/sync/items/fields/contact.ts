import type { ContactItem } from '#mailbox'
import { addressPairs } from './contactAddress.ts'
import { companyPair, inactivePair } from './contactCompany.ts'
import { namePair } from './contactName.ts'
import { dayPair } from './day.ts'
import { longest } from './longest.ts'
import { ALL, type PairMap } from './pair.ts'
import { regardingPair } from './regarding.ts'
import { cut, notesPair, oneLine, textPair } from './text.ts'

const RULE = 'FD-23'

const text = (name: string, outlook: string, column: string, record: string, field = name) =>
  textPair('contact', column, field, { name, outlook, record, rule: RULE })

/** Children are names parted by commas in the CRM. */
const children: PairMap<ContactItem> = {
  name: 'children',
  outlook: 'Children',
  record: "Children's names",
  columns: ['childrensnames'],
  fields: ['children'],
  default: 'both',
  allowed: ALL,
  rule: RULE,
  fromRecord: ({ row }) => ('childrensnames' in row ? joined(namesIn(oneLine(row['childrensnames']))) : undefined),
  fromItem: ({ fields }) => joined((fields.children ?? []).flatMap((name) => namesIn(oneLine(name)))),
  toRecord: (value) => joined(namesIn(cut(value, longest('contact', 'childrensnames')))),
  toItem: (value) => value,
  writeRecord: (value) => ({ values: { childrensnames: value as string | null } }),
  writeItem: (value) => ({ fields: { children: value === null ? undefined : namesIn(value as string) } }),
}

function namesIn(text: string | null): string[] {
  return (text ?? '').split(/[,;]/).flatMap((name) => name.trim() || [])
}

function joined(names: readonly string[]): string | null {
  return names.length === 0 ? null : names.join(', ')
}

/** Field map 10.4. */
export const contactPairs: readonly PairMap[] = [
  namePair,
  regardingPair('contact', 'parentcustomerid', {
    name: 'parent',
    outlook: 'Parent (Regarding)',
    record: 'Company name (parent account)',
    rule: 'FD-25',
  }),
  ...addressPairs,
  text('email1', 'E-mail', 'emailaddress1', 'Email'),
  text('email2', 'E-mail 2', 'emailaddress2', 'Email address 2'),
  text('email3', 'E-mail 3', 'emailaddress3', 'Email address 3'),
  text('businessPhone', 'Business phone', 'telephone1', 'Business phone'),
  text('businessPhone2', 'Business phone 2', 'business2', 'Business phone 2'),
  text('businessFax', 'Business fax', 'fax', 'Fax'),
  text('callback', 'Callback', 'callback', 'Callback number'),
  text('companyPhone', 'Company main phone', 'company', 'Company phone'),
  text('homePhone', 'Home phone', 'telephone2', 'Home phone'),
  text('homePhone2', 'Home phone 2', 'home2', 'Home phone 2'),
  text('mobile', 'Mobile', 'mobilephone', 'Mobile phone'),
  text('otherPhone', 'Other phone', 'telephone3', 'Telephone 3'),
  text('pager', 'Pager', 'pager', 'Pager'),
  text('assistant', "Assistant's name", 'assistantname', 'Assistant'),
  text('assistantPhone', "Assistant's phone", 'assistantphone', 'Assistant phone'),
  text('manager', "Manager's name", 'managername', 'Manager'),
  text('department', 'Department', 'department', 'Department'),
  text('jobTitle', 'Job title', 'jobtitle', 'Job title'),
  dayPair('anniversary', 'Anniversary', 'anniversary', 'Anniversary', RULE),
  dayPair('birthday', 'Birthday', 'birthdate', 'Birthday', RULE),
  children,
  text('spouse', 'Spouse/Partner', 'spousesname', 'Spouse/Partner name'),
  text('nickname', 'Nickname', 'nickname', 'Nickname'),
  text('governmentId', 'Government ID number', 'governmentid', 'Government'),
  text('ftpSite', 'FTP site', 'ftpsiteurl', 'FTP site'),
  text('webPage', 'Web page', 'websiteurl', 'Website'),
  notesPair('contact', 'description', { name: 'notes', outlook: 'Notes', record: 'Description', rule: RULE }),
  text('yomiFirstName', 'Yomi first name', 'yomifirstname', 'Yomi first name'),
  text('yomiLastName', 'Yomi last name', 'yomilastname', 'Yomi last name'),
  companyPair,
  inactivePair,
]
