import { choice, lookup, memo, table, text, whole, yesNo } from './columns.ts'

/** Column security profiles and the sharing of single records (70). */

const allowed = { 0: 'Not Allowed', 4: 'Allowed' }

export const fieldsecurityprofile = table({
  name: 'fieldsecurityprofile',
  set: 'fieldsecurityprofiles',
  label: 'Column Security Profile',
  id: 'fieldsecurityprofileid',
  primaryName: 'name',
  ownership: 'organization',
  privilege: 'FieldSecurityProfile',
  columns: [text('name', 100, { required: true }), memo('description', 2000)],
})

export const fieldpermission = table({
  name: 'fieldpermission',
  set: 'fieldpermissions',
  label: 'Column Permission',
  id: 'fieldpermissionid',
  primaryName: 'attributelogicalname',
  ownership: 'organization',
  privilege: 'FieldSecurityProfile',
  columns: [
    lookup('fieldsecurityprofileid', 'fieldsecurityprofile', { required: true }),
    text('entityname', 100, { required: true }),
    text('attributelogicalname', 100, { required: true }),
    choice('canread', allowed, { default: 0 }),
    choice('cancreate', allowed, { default: 0 }),
    choice('canupdate', allowed, { default: 0 }),
  ],
  keys: [{ name: 'column', columns: ['fieldsecurityprofileid', 'entityname', 'attributelogicalname'] }],
})

export const systemuserprofiles = table({
  name: 'systemuserprofiles',
  set: 'systemuserprofilescollection',
  label: 'User Column Security Profile',
  id: 'systemuserprofileid',
  primaryName: 'systemuserprofileid',
  ownership: 'organization',
  privilege: 'FieldSecurityProfile',
  columns: [
    lookup('systemuserid', 'systemuser', { required: true }),
    lookup('fieldsecurityprofileid', 'fieldsecurityprofile', { required: true }),
  ],
  keys: [{ name: 'profile', columns: ['systemuserid', 'fieldsecurityprofileid'] }],
})

export const teamprofiles = table({
  name: 'teamprofiles',
  set: 'teamprofilescollection',
  label: 'Team Column Security Profile',
  id: 'teamprofileid',
  primaryName: 'teamprofileid',
  ownership: 'organization',
  privilege: 'FieldSecurityProfile',
  columns: [
    lookup('teamid', 'team', { required: true }),
    lookup('fieldsecurityprofileid', 'fieldsecurityprofile', { required: true }),
  ],
  keys: [{ name: 'profile', columns: ['teamid', 'fieldsecurityprofileid'] }],
})

/** One record shared with one user or team. Written by `Access.share` only. */
export const principalobjectaccess = table({
  name: 'principalobjectaccess',
  set: 'principalobjectaccessset',
  label: 'Sharing',
  id: 'principalobjectaccessid',
  primaryName: 'principalobjectaccessid',
  ownership: 'organization',
  privilege: 'Sharing',
  columns: [
    lookup('principalid', ['systemuser', 'team'], { required: true }),
    text('objecttypecode', 100, { required: true }),
    { name: 'objectid', type: 'id', required: true },
    whole('accessrightsmask', { required: true }),
    yesNo('isimplicit', false, { label: 'Shared by the system' }), // SE-18
  ],
  keys: [{ name: 'share', columns: ['principalid', 'objectid'] }],
  indexes: [['objectid']],
})
