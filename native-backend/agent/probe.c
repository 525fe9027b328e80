#include "probe.h"
void probe_run(void) {}
