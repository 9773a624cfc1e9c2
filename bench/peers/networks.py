"""Networks of ours that the peers' folder does not have. Read by python.py, with that folder's definitions in force."""


def residual_network(images):
    """ResNet-20 with its batch normalisation on 32×32 colour images, as src/models/ready/resnet.ts has it. Convolutions have no bias."""
    P = lambda a: torch.tensor(a, requires_grad=True)
    x = torch.tensor(hash_uniform(images * 3072, 2).reshape(images, 3, 32, 32))
    y = torch.tensor(onehot(images, 10).argmax(1))
    parameters, seed = [], [50]

    def conv(outputs, inputs):
        seed[0] += 1
        parameters.append(P(weight((outputs, inputs, 3, 3), inputs * 9, seed[0])))
        return parameters[-1]

    def norm(channels):
        own = P(np.ones(channels, np.float32)), P(np.zeros(channels, np.float32))
        parameters.extend(own)
        return *own, torch.zeros(channels), torch.ones(channels)

    def normal(h, own):
        scale, bias, mean, variance = own
        return F.batch_norm(h, mean, variance, scale, bias, True, 0.1, 1e-5)

    first = conv(16, 3), norm(16)
    blocks, inputs = [], 16
    for stage, filters in enumerate((16, 32, 64)):
        for i in range(3):
            stride = 2 if stage > 0 and i == 0 else 1
            blocks.append((filters, stride, conv(filters, inputs), norm(filters), conv(filters, filters), norm(filters)))
            inputs = filters
    last, bias = P(weight((64, 10), 64, 49)), P(np.zeros(10, np.float32))
    parameters.extend((last, bias))

    def loss():
        h = torch.relu(normal(F.conv2d(x, first[0], padding=1), first[1]))
        for filters, stride, w1, n1, w2, n2 in blocks:
            r = torch.relu(normal(F.conv2d(h, w1, stride=stride, padding=1), n1))
            r = normal(F.conv2d(r, w2, padding=1), n2)
            if stride == 2:
                half = (filters - h.shape[1]) // 2
                h = F.pad(h[:, :, ::2, ::2], (0, 0, 0, 0, half, half))
            h = torch.relu(r + h)
        return F.cross_entropy(torch.addmm(bias, h.mean((2, 3)), last), y)

    # Adam's first steps go by the signs of gradients, also of those that are nothing but rounding: losses would soon differ.
    optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9)

    def step():
        optimizer.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimizer.step()
        return value

    return step


own = {"resnet20": lambda: residual_network(64)}
