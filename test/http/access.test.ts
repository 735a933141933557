import { afterAll, beforeAll, expect, test } from 'vitest'
import { setPassword } from '#http'
import { ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { API, type Client, client, openSite, type Site } from './support/site.ts'

const PASSWORD = 'correct horse battery staple'
let site: Site
let anna: Client
let admin: Client
beforeAll(async () => {
  site = await openSite()
  anna = await site.as(site.anna)
  admin = await site.as(site.administrator)
  await setPassword(site.regarding, site.anna.id, PASSWORD)
})
afterAll(() => site.close())

const signIn = async () => {
  const answer = await client(site.url).post('/signin', { name: site.anna.address, password: PASSWORD })
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] as string
}
const isSignedIn = async (cookie: string) => (await client(site.url).get(`${API}/WhoAmI`, { cookie })).status === 200

test('SE-94: people list and end their own sessions, administrators everybody’s, and nobody else', async () => {
  const [first, second] = [await signIn(), await signIn()]
  const own = (await anna.get(`${API}/RetrieveSessions`)).json.value
  expect(own).toHaveLength(2)
  expect(own[0]).toMatchObject({ Address: '127.0.0.1' })
  expect(JSON.stringify(own)).not.toMatch(/rgs_|hash/i)
  expect((await anna.post(`${API}/RevokeSession`, { SessionId: own[0].SessionId })).status).toBe(200)
  expect([await isSignedIn(first), await isSignedIn(second)].filter(Boolean)).toHaveLength(1)
  const ben = await site.as(site.ben)
  for (const path of ['RetrieveSessions', 'RetrieveAccessTokens', 'RetrieveSignIns', 'RetrieveApplicationSecrets'])
    expect((await ben.get(`${API}/${path}?UserId=${site.anna.id}`)).status).toBe(403)
  const id = own[1].SessionId
  expect((await ben.post(`${API}/RevokeSession`, { SessionId: id })).status).toBe(404)
  expect((await ben.post(`${API}/RevokeSession`, { SessionId: id, UserId: site.anna.id })).status).toBe(403)
  expect((await admin.post(`${API}/RevokeSession`, { SessionId: id, UserId: site.anna.id })).status).toBe(200)
  expect([await isSignedIn(first), await isSignedIn(second)]).toEqual([false, false])
})

const listed = async (client: Client) => (await client.get(`${API}/RetrieveAccessTokens`)).json.value

test('SE-94, B-83: tokens are listed without their secret and revoked; the first use is written down with its address', async () => {
  const before = (await listed(await site.as(site.ben))).map((each: { TokenId: string }) => each.TokenId)
  const mine = await site.as(site.ben)
  const used = (await listed(mine)).find((each: { TokenId: string }) => !before.includes(each.TokenId))
  expect(used).toMatchObject({ Name: 'test', Scope: 'full', LastUsedOn: expect.any(String) })
  const noted = async () => (await admin.get(`${API}/RetrieveSignIns?UserId=${site.ben.id}`)).json.value
  const firstUses = (await noted()).filter((each: { Kind: string }) => each.Kind === 'tokenFirstUsed')
  expect(firstUses).toContainEqual(expect.objectContaining({ SubjectId: used.TokenId, Address: '127.0.0.1' }))
  await mine.get(`${API}/WhoAmI`)
  expect((await noted()).filter((each: { Kind: string }) => each.Kind === 'tokenFirstUsed')).toHaveLength(
    firstUses.length,
  )
  expect((await admin.post(`${API}/RevokeAccessToken`, { TokenId: used.TokenId, UserId: site.ben.id })).status).toBe(
    200,
  )
  expect((await mine.get(`${API}/WhoAmI`)).status).toBe(401)
})

test('SE-95: an application has several secrets; revoking one ends what was got by it, and only that', async () => {
  const UserId = await site.create('systemuser', {
    lastname: 'Importer',
    applicationid: '7f3a2b10-1111-4222-8333-444455556666',
    businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  const made = [
    (await admin.post(`${API}/AddApplicationSecret`, { UserId, Days: 30 })).json,
    (await admin.post(`${API}/AddApplicationSecret`, { UserId })).json,
  ]
  const token = async ({ ClientId, Secret }: { ClientId: string; Secret: string }) => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: ClientId, client_secret: Secret })
    const answer = await client(site.url).send('/oauth/token', { method: 'POST', body })
    return answer.status === 200 ? String(answer.json.access_token) : answer.status
  }
  const [old, other] = [await token(made[0]), await token(made[1])]
  const works = async (bearer: string | number) =>
    (await client(site.url, { authorization: `Bearer ${bearer}` }).get(`${API}/WhoAmI`)).json.UserId === UserId
  expect([await works(old), await works(other)]).toEqual([true, true])
  const listed = (await admin.get(`${API}/RetrieveApplicationSecrets?UserId=${UserId}`)).json.value
  expect(listed).toHaveLength(2)
  expect(JSON.stringify(listed)).not.toMatch(/rgk_/)
  expect((await anna.post(`${API}/AddApplicationSecret`, { UserId })).status).toBe(403)
  const revoked = await admin.post(`${API}/RevokeApplicationSecret`, { UserId, SecretId: made[0].SecretId })
  expect(revoked.status).toBe(200)
  expect([await works(old), await works(other), await token(made[0])]).toEqual([false, true, 401])
  await site.clock.advance(181 * 24 * 60 * 60_000)
  expect(await token(made[1])).toBe(401)
})

test('SE-84: nobody changes by what those sign in who hold more than they do', async () => {
  const system = site.regarding.records.as(SYSTEM)
  const role = await system.create('role', { name: 'Clerk', businessunitid: ROOT_BUSINESS_UNIT })
  await system.createMany('roleprivileges', [
    { roleid: role, privilegename: 'prvReadUser', privilegedepthmask: 8 },
    { roleid: role, privilegename: 'prvWriteUser', privilegedepthmask: 8 },
  ])
  const clerk = await system.create('systemuser', { lastname: 'Clerk', businessunitid: ROOT_BUSINESS_UNIT })
  await system.create('systemuserroles', { systemuserid: clerk, roleid: role })
  const access = site.regarding.records.as({ kind: 'user', id: clerk })
  const refused = { code: 'PrivilegeDenied' }
  for (const column of ['domainname', 'internalemailaddress', 'azureactivedirectoryobjectid'])
    await expect(
      access.update('systemuser', site.administrator.id, { [column]: 'me@evil.example' }),
    ).rejects.toMatchObject(refused)
  await access.update('systemuser', site.administrator.id, {
    jobtitle: 'Boss',
    domainname: site.administrator.address,
  })
  const peer = await system.create('systemuser', { lastname: 'Peer', businessunitid: ROOT_BUSINESS_UNIT })
  await system.create('systemuserroles', { systemuserid: peer, roleid: role })
  await access.update('systemuser', peer, { domainname: 'peer@adatum.example' })
})
