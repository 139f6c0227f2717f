import { DTYPES } from '../../../../words.js';
import { testMutants } from '../testing/mutants.js';

testMutants(DTYPES.filter((_, i) => i % 2 === 0));
