import { randomUUID } from 'node:crypto'
import { createToken, type RunningServer, type ServerOptions, startServer } from '#http'
import { ROLES, ROOT_BUSINESS_UNIT, SYSTEM, type Values } from '#records'
import { type Company, openCompany, type Person } from '../../incoming/support/company.ts'
import { type Engine, openTestInstallation, USUAL } from '../../support/database.ts'

export const API = '/api/data/v9.2'

/** The company behind a real server on a free port of loopback, and people of another business unit. */
export interface Site extends Company {
  running: RunningServer
  url: string
  /** Of another business unit: Anna and Ben must not see what is hers alone, nor she theirs. */
  cleo: Person
  administrator: Person
  token(person: Person): Promise<string>
  /** As somebody, by bearer token. */
  as(person: Person): Promise<Client>
  create(table: string, values: Values): Promise<string>
  close(): Promise<void>
}

export interface Client {
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  send(path: string, init: RequestInit): Promise<Answer>
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  json: Body
}

// Answers are looked into freely.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = any

export async function openSite(options: ServerOptions & { port?: number } = {}, engine: Engine = USUAL): Promise<Site> {
  const database = await openTestInstallation(engine)
  const company = await openCompany(database)
  const { regarding } = company
  const system = regarding.records.as(SYSTEM)
  const unit = await system.create('businessunit', {
    name: 'Elsewhere',
    parentbusinessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  const cleo = await addPerson(company, 'Cleo', unit, ROLES.appForOutlookUser)
  const administrator = await addPerson(company, 'Ada', ROOT_BUSINESS_UNIT, ROLES.systemAdministrator)
  const running = await startServer(regarding, { port: 0, ...options })
  const token = async (person: Person) => {
    const expires = new Date(regarding.clock.now().getTime() + 24 * 60 * 60 * 1000)
    return (await createToken(regarding, person.id, 'test', expires)).secret
  }
  return {
    ...company,
    running,
    url: running.url,
    cleo,
    administrator,
    token,
    as: async (person) => client(running.url, { authorization: `Bearer ${await token(person)}` }),
    create: (table, values) => system.create(table, values),
    async close() {
      await running.close()
      await company.close()
    },
  }
}

export function client(url: string, headers: Record<string, string> = {}): Client {
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(url + path, {
      redirect: 'manual',
      ...init,
      headers: { ...headers, ...(init.headers as Record<string, string>) },
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parsed(text) }
  }
  return {
    send,
    get: (path, more = {}) => send(path, { headers: more }),
    post: (path, body, more = {}) =>
      send(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...more },
      }),
  }
}

async function addPerson({ regarding }: Company, firstname: string, unit: string, role: string): Promise<Person> {
  const system = regarding.records.as(SYSTEM)
  const address = `${firstname.toLowerCase()}-${randomUUID().slice(0, 6)}@adatum.example`
  const id = await system.create('systemuser', {
    firstname,
    lastname: 'Test',
    internalemailaddress: address,
    domainname: address,
    businessunitid: { table: 'businessunit', id: unit },
  })
  await system.create('systemuserroles', {
    systemuserid: { table: 'systemuser', id },
    roleid: { table: 'role', id: role },
  })
  const mailbox = await regarding.mailboxes.find(SYSTEM, address)
  return { id, address, mailboxId: String(mailbox['mailboxid']) }
}

function parsed(text: string): Body {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
