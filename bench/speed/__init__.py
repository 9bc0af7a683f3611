"""How fast the engine is: measured stage by stage, against the machine and against rnx2rtkp."""
