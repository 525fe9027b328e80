/** What the TCP view asks. */
export { type FlowRow, tcpEnds, tcpFlows, tcpOfPacket } from './ends.ts';
export { type Ladder, type LadderNote, type LadderTrain, tcpLadder } from './ladder.ts';
export { type Plot, type PlotParams, tcpPlot } from './plot.ts';
