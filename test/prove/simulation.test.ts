import { simulate } from './simulation/suite.ts'

simulate('server', [401, 1000])
