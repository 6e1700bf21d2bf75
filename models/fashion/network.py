"""The network of the demo: the ResNet-20 shape for 28 x 28 grey images."""

import torch
from torch import nn
from torch.nn import functional as F

CHANNELS = (16, 32, 64)
BLOCKS_PER_STAGE = 3
CLASSES = 10


class Block(nn.Module):
    """Two 3 x 3 convolutions and a shortcut; ReLU after the addition."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                nn.BatchNorm2d(outputs),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        main = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(main + self.shortcut(x))


class ResNet20(nn.Module):
    """Images [N, 1, 28, 28], normalised -> logits [N, 10]; 272,186 parameters."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, CHANNELS[0], 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(CHANNELS[0])
        blocks, inputs = [], CHANNELS[0]
        for stage, outputs in enumerate(CHANNELS):
            for i in range(BLOCKS_PER_STAGE):
                stride = 2 if stage > 0 and i == 0 else 1
                blocks.append(Block(inputs, outputs, stride))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(inputs, CLASSES)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks(F.relu(self.bn(self.conv(x))))
        return self.head(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


def seeded_network(seed: int) -> ResNet20:
    """A network with the random weights of `seed`."""
    torch.manual_seed(seed)
    return ResNet20()


@torch.no_grad()
def recompute_batch_norm(network: nn.Module, images: torch.Tensor, batch: int) -> None:
    """Replaces the running statistics by their average over one pass; no weight changes.

    An untrained network would otherwise be normalised by mean 0 and variance 1, which
    its activations do not have, and would be no control for a trained one; while the
    learning rate is high, the statistics kept in training lag behind the weights.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # None: cumulative average
    network.train()
    for start in range(0, len(images), batch):
        network(images[start : start + batch])
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum


@torch.no_grad()
def accuracy(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of the images whose largest logit is that of their label."""
    network.eval()
    hits = 0
    for start in range(0, len(images), 500):
        logits = network(images[start : start + 500])
        hits += int((logits.argmax(1) == labels[start : start + 500]).sum())
    return hits / len(images)
