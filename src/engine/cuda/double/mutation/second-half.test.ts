import { DTYPES } from '../../../../words.js';
import { testMutants } from '../testing/mutants.js';

testMutants(DTYPES.slice(DTYPES.length / 2));
