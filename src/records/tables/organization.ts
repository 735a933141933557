import { activeOrInactive, choice, email, lookup, memo, phone, table, text, whole, yesNo } from './columns.ts'

/** Who works here: users, teams, business units, roles. */

export const businessunit = table({
  name: 'businessunit',
  set: 'businessunits',
  label: 'Business Unit',
  id: 'businessunitid',
  primaryName: 'name',
  ownership: 'business',
  privilege: 'BusinessUnit',
  columns: [
    text('name', 160, { required: true }),
    lookup('parentbusinessunitid', 'businessunit'),
    text('divisionname', 100),
    email('emailaddress', { personal: false }),
    text('websiteurl', 200),
    yesNo('isdisabled', false),
  ],
})

export const systemuser = table({
  name: 'systemuser',
  set: 'systemusers',
  search: true,
  label: 'User',
  id: 'systemuserid',
  primaryName: 'fullname',
  ownership: 'business',
  privilege: 'User',
  columns: [
    text('domainname', 1024, { label: 'User name', personal: true }),
    text('firstname', 256, { personal: true }),
    text('middlename', 50, { personal: true }),
    text('lastname', 256, { personal: true }),
    text('fullname', 513, { joins: ['firstname', 'lastname'], readOnly: true, personal: true }),
    text('title', 128, { personal: true }),
    text('jobtitle', 100, { personal: true }),
    email('internalemailaddress', { label: 'Primary email' }),
    email('personalemailaddress', { label: 'Email 2' }),
    email('mobilealertemail', { label: 'Mobile alert email' }),
    phone('address1_telephone1', { label: 'Main phone' }),
    phone('homephone'),
    phone('mobilephone'),
    lookup('parentsystemuserid', 'systemuser', { label: 'Manager' }),
    lookup('queueid', 'queue', { label: 'Default queue' }),
    yesNo('isdisabled', false, { label: 'Status' }),
    yesNo('islicensed', true),
    // MB-63: set by whoever runs the installation alone.
    yesNo('mailtenantadministrator', false, { readOnly: true, label: 'Administers the mail tenant' }),
    choice('accessmode', {
      0: 'Read-Write',
      1: 'Administrative',
      2: 'Read',
      3: 'Support User',
      4: 'Non-interactive',
      5: 'Delegated Admin',
    }),
    text('applicationid', 36, { label: 'Application ID', search: false }),
    text('azureactivedirectoryobjectid', 36, { label: 'Directory object ID', search: false }),
    choice('preferredemailcode', { 1: 'Default' }),
    text('caltype', 20, { search: false }),
    whole('identityid', { label: 'Ordinal for tracking tokens', readOnly: true, numbered: true }), // T-51
  ],
  keys: [{ name: 'identity', columns: ['identityid'] }],
  indexes: [['domainname'], ['azureactivedirectoryobjectid'], ['applicationid']],
})

export const team = table({
  name: 'team',
  set: 'teams',
  search: true,
  label: 'Team',
  id: 'teamid',
  primaryName: 'name',
  ownership: 'business',
  privilege: 'Team',
  columns: [
    text('name', 160, { required: true }),
    memo('description', 2000),
    email('emailaddress', { personal: false }),
    choice('teamtype', { 0: 'Owner', 1: 'Access', 2: 'Security Group', 3: 'Office Group' }, { default: 0 }),
    yesNo('isdefault', false, { readOnly: true }),
    lookup('administratorid', 'systemuser'),
    lookup('queueid', 'queue', { label: 'Default queue' }),
    lookup('regardingobjectid', ['account', 'contact', 'lead', 'opportunity', 'incident'], { label: 'Regarding' }),
  ],
})

export const teammembership = table({
  name: 'teammembership',
  set: 'teammemberships',
  label: 'Team Membership',
  id: 'teammembershipid',
  primaryName: 'teammembershipid',
  ownership: 'child',
  parent: 'teamid',
  columns: [lookup('teamid', 'team', { required: true }), lookup('systemuserid', 'systemuser', { required: true })],
  keys: [{ name: 'member', columns: ['systemuserid', 'teamid'] }],
})

export const role = table({
  name: 'role',
  set: 'roles',
  label: 'Security Role',
  id: 'roleid',
  primaryName: 'name',
  ownership: 'business',
  privilege: 'Role',
  columns: [
    text('name', 100, { required: true }),
    memo('description', 2000),
    yesNo('ismanaged', false, { label: 'Standard role', readOnly: true }),
    choice(
      'isinherited',
      { 0: 'Team privileges only', 1: 'Direct User (Basic) access level and Team privileges' },
      { label: 'Inheritance by members of a team', default: 1 },
    ), // SE-82
  ],
})

/** Depth masks as in the field: how far a privilege reaches. */
export const roleprivileges = table({
  name: 'roleprivileges',
  set: 'roleprivilegescollection',
  label: 'Role Privilege',
  id: 'roleprivilegeid',
  primaryName: 'privilegename',
  ownership: 'child',
  parent: 'roleid',
  columns: [
    lookup('roleid', 'role', { required: true }),
    text('privilegename', 160, { required: true }),
    choice(
      'privilegedepthmask',
      { 1: 'User', 2: 'Business Unit', 4: 'Parent: Child Business Units', 8: 'Organization' },
      { required: true },
    ),
  ],
  keys: [{ name: 'privilege', columns: ['roleid', 'privilegename'] }],
})

export const systemuserroles = table({
  name: 'systemuserroles',
  set: 'systemuserrolescollection',
  label: 'User Role',
  id: 'systemuserroleid',
  primaryName: 'systemuserroleid',
  ownership: 'organization',
  privilege: 'RoleAssignment',
  columns: [lookup('systemuserid', 'systemuser', { required: true }), lookup('roleid', 'role', { required: true })],
  keys: [{ name: 'role', columns: ['systemuserid', 'roleid'] }],
})

export const teamroles = table({
  name: 'teamroles',
  set: 'teamrolescollection',
  label: 'Team Role',
  id: 'teamroleid',
  primaryName: 'teamroleid',
  ownership: 'organization',
  privilege: 'RoleAssignment',
  columns: [lookup('teamid', 'team', { required: true }), lookup('roleid', 'role', { required: true })],
  keys: [{ name: 'role', columns: ['teamid', 'roleid'] }],
})

/** Places and devices that can be booked; T-63 resolves their address. */
export const equipment = table({
  name: 'equipment',
  set: 'equipments',
  search: true,
  label: 'Facility/Equipment',
  id: 'equipmentid',
  primaryName: 'name',
  ownership: 'business',
  privilege: 'Equipment',
  columns: [
    text('name', 160, { required: true }),
    memo('description', 2000),
    email('emailaddress', { personal: false }),
    yesNo('isdisabled', false),
  ],
})

export const queue = table({
  name: 'queue',
  set: 'queues',
  search: true,
  label: 'Queue',
  id: 'queueid',
  primaryName: 'name',
  ownership: 'user',
  privilege: 'Queue',
  columns: [
    text('name', 200, { required: true }),
    memo('description', 2000),
    email('emailaddress', { label: 'Incoming email', personal: false }),
    choice('queueviewtype', { 0: 'Public', 1: 'Private' }, { default: 0 }),
    ...activeOrInactive(),
  ],
})
