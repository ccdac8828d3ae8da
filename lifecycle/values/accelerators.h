/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What on the PCI bus is an accelerator, or a card that only nodes with accelerators have. */

#include "lib/probe/host.h"

struct accelerators {
	int nvidia; /* GPUs: vendor 10de, class 0300 (VGA) or 0302 (3D); no NVSwitch, no audio */
	int neuron; /* vendor 1d0f, devices 7064-7067 (Inferentia), 7164, 7364, 7564, 7565 (Trainium
		     * 1-3), 7264 (Inferentia2): PCI table of the AWS Neuron driver, neuron_pci.c */
	int efa;    /* vendor 1d0f, devices efa0 to efa4: Linux drivers/infiniband/hw/efa */
};

bool accelerator_is_nvidia_gpu(const struct probe_pci *p);
struct accelerators accelerators_count(const struct probe_pcis *pci);
