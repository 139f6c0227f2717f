import { testSuite } from '../testing/with-suite.js';

testSuite('deferred');
