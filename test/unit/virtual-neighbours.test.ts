import { VirtualNeighbours, VirtualStreet } from '../../device/relay/virtual-neighbours.ts';
import { describeNeighbours } from '../contracts/neighbours-contract.ts';

describeNeighbours('on a virtual street', () => {
  const street = new VirtualStreet();
  return () => new VirtualNeighbours(street);
});
