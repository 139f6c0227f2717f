import { testSuite } from '../testing/with-suite.js';

testSuite('at-once');
