"""Truth to epochs to receiver bytes.

    simulation = simulate(Scenario(vehicle="tractor", limits={System.GPS: 8}, duration_s=120.0, seed=1))
    for epoch in simulation.epochs(): ...        # truth and Epochs, without the way through bytes
    streams = ubx_streams(simulation)            # what each receiver would have sent
    table = "\\n".join(truth_lines(simulation))   # the truth, in the columns of a solution file

The way of a block of epochs: trajectory and constellation -> sky (states, directions) -> common (who is up, delays)
-> receivers (clock, travel time, noise, integers) -> blocks -> writers. All that is random comes from Scenario.seed.
Satellites move exactly as their broadcast ephemerides say, so that with the errors off the engine's models explain
every observation to a tenth of a millimetre.
"""
