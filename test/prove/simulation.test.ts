import { simulate } from './simulation/suite.ts'

simulate('server', [201, 1000])
