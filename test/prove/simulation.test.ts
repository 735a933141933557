import { simulate } from './simulation/suite.ts'

simulate('server', [101, 200])
