import { simulate } from './simulation/suite.ts'

simulate('embedded', [1, 200])
