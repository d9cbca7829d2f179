import { colors } from '../../device/domain/signals.ts';
import { VirtualPanel } from '../../device/panel/virtual-panel.ts';
import { panelContract } from '../contracts/panel-contract.ts';

panelContract('VirtualPanel', async () => {
  const panel = new VirtualPanel();
  return {
    panel,
    press: async () => panel.down(),
    release: async () => panel.up(),
    light: () => colors[panel.reading().color],
    buzzerIsOn: () => panel.reading().hz > 0,
    dispose: async () => {},
  };
});
